/** Before the tests of each file: new RSA keys come from those that were made once for all files. */
import { inject } from 'vitest';
import { drawFrom } from './ready-keys.ts';

drawFrom(inject('readyKeys'));
