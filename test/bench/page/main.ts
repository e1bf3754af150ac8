/** The page that the benchmark drives: Sotto's core and a bare channel, side by side in one page. */
import { bareChannel } from './bare-channel.ts';
import { parts } from './parts.ts';
import { person } from './person.ts';

Object.assign(window, { bareChannel, person, parts });

export type BenchPage = { bareChannel: typeof bareChannel; person: typeof person; parts: typeof parts };
