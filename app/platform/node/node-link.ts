/** Links over WebRTC in Node: the one door to `@roamhq/wrtc`. */
import wrtc from '@roamhq/wrtc';
import type { OpenLink } from '../../core/transport/link.ts';
import { openPeerLink } from '../webrtc/peer-link.ts';

export const openNodeLink: OpenLink = (options) => openPeerLink(options, wrtc);

// A process that just runs out of things to do takes its objects down one by one, and the library then reads memory that it
// has freed already. One that is told to exit leaves all of that to the kernel.
process.once('exit', (code) => process.exit(code));
