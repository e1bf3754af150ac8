/** What a link over WebRTC promises of the descriptions that it gives and takes. */
import type { LinkSignal, OpenLink } from '../../app/core/transport/link.ts';
import { check, type Promised } from './check.ts';

const MEDIA = ['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=rtpmap:111 opus/48000/2', ''].join('\r\n');

/** The offer of a link that then stays alone. */
function offerOf(openLink: OpenLink): Promise<LinkSignal> {
  return new Promise((resolve) => {
    openLink({ initiator: true, iceServers: [], onsignal: (signal) => signal.type === 'offer' && resolve(signal) });
  });
}

export const descriptionContract: readonly Promised<OpenLink>[] = [
  {
    promise: 'holds no address',
    async holds(openLink) {
      const { text } = await offerOf(openLink);
      check(!/^a=candidate:/m.test(text), 'no candidate is in it');
      check(/^c=IN IP4 0\.0\.0\.0\r?$/m.test(text), 'its own address is none');
      check(/^m=application 9 /m.test(text), 'nor has it a port');
    },
  },
  {
    promise: 'is refused if it is of anything but one data channel',
    async holds(openLink) {
      const { text } = await offerOf(openLink);
      for (const sdp of [text + MEDIA, text.replace('m=application', 'm=audio'), text.replace(/^m=/m, 'x=')]) {
        const link = openLink({ initiator: false, iceServers: [], onsignal: () => undefined });
        link.signal({ type: 'offer', text: sdp });
        await link.closed;
      }
    },
  },
  {
    promise: 'is answered if it is of one data channel',
    async holds(openLink) {
      const offer = await offerOf(openLink);
      const answer = await new Promise<LinkSignal>((resolve) => {
        const link = openLink({ initiator: false, iceServers: [], onsignal: resolve });
        link.signal(offer);
      });
      check(answer.type === 'answer', 'an answer comes first');
    },
  },
];
