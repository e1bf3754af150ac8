/** Links over WebRTC in Node: the one door to `@roamhq/wrtc`. */
import wrtc from '@roamhq/wrtc';
import type { OpenLink } from '../../core/transport/link.ts';
import { openPeerLink } from '../webrtc/peer-link.ts';

/** Passes over a candidate that it cannot use. simple-peer does so, too, but writes of it on the person's terminal. */
class Connection extends wrtc.RTCPeerConnection {
  override addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    return super.addIceCandidate(candidate).catch(() => undefined);
  }
}

export const openNodeLink: OpenLink = (options) => openPeerLink(options, { ...wrtc, RTCPeerConnection: Connection });

// A process that runs out of things to do takes its objects down one by one, and the library then reads memory that it has
// freed already. One that is told to exit leaves all of that to the kernel.
process.once('beforeExit', () => process.exit());
