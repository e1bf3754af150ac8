/** What is told to whoever listens to a profile, as programs read it too. */
import type { MessageState } from '../core/chat/views.ts';
import type { Failure } from './exit.ts';
import type { Ref } from './json.ts';

/** Fingerprints are in hexadecimal, times in ISO 8601. */
export type ProfileEvent =
  | { readonly event: 'ready'; readonly name: string; readonly fingerprint: string }
  | { readonly event: 'invite'; readonly link: string }
  | { readonly event: 'connected' | 'disconnected'; readonly name: string; readonly fingerprint: string }
  /** `from` is a fingerprint: names may be borne by several. */
  | {
      readonly event: 'message';
      readonly id: string;
      readonly from: string;
      readonly name: string;
      readonly text: string;
      readonly time: string;
    }
  | { readonly event: 'state'; readonly id: string; readonly state: MessageState; readonly ref?: Ref | undefined }
  | { readonly event: 'error'; readonly code: ErrorCode; readonly text: string; readonly ref?: Ref | undefined };

/**
 * `line`: what came in is no line that can be understood. `to`: nobody is called so, or several are. `send`: it could not be
 * sent. `notice`: something to tell the person. `unreachable`: our server cannot be reached, which ends nothing; or, as the last
 * event, the server or a person could not be reached in time. Every other ends the program.
 */
export type ErrorCode = 'line' | 'to' | 'send' | 'notice' | Failure['kind'];
