/** Links over WebRTC in Node: the one door to `@roamhq/wrtc`. */
import wrtc from '@roamhq/wrtc';
import type { OpenLink } from '../../core/transport/link.ts';
import { openPeerLink } from '../webrtc/peer-link.ts';

/**
 * Between people, packets go by UDP: the library tries TCP by thousands of sockets at once, until a process with a few dozen
 * links has no more to open. To a relay it speaks TCP none the less.
 */
const isTcp = (candidate: string | undefined) => / tcp /i.test(candidate ?? '');

/** Passes over a candidate that it cannot use. simple-peer does so, too, but writes of it on the person's terminal. */
class Connection extends wrtc.RTCPeerConnection {
  override async addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    if (!isTcp(candidate.candidate)) await super.addIceCandidate(candidate).catch(() => undefined);
  }
}

export const openNodeLink: OpenLink = (options) =>
  openPeerLink(
    {
      ...options,
      onsignal: (signal) => {
        if (signal.type !== 'candidate' || !isTcp(signal.text)) options.onsignal(signal);
      },
    },
    { ...wrtc, RTCPeerConnection: Connection },
  );

// A process that runs out of things to do takes its objects down one by one, and the library then reads memory that it has
// freed already. One that is told to exit leaves all of that to the kernel.
process.once('beforeExit', () => process.exit());
