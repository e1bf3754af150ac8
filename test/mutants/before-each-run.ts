/** Run before the tests of a mutant: its RSA keys were made once for all runs, and a property that fails says by what kind of error. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { drawFrom, type ReadyKey } from '../parts/ready-keys.ts';

fc.configureGlobal({ includeErrorInReport: true });
drawFrom(JSON.parse(readFileSync('ready-keys.json', 'utf8')) as ReadyKey[]);
