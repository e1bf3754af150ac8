/** The Link port's contract, for WebRTC in Node. */
import wrtc from '@roamhq/wrtc';
import { describe, expect, it } from 'vitest';
import { openNodeLink } from '../../../app/platform/node/node-link.ts';
import { descriptionContract } from '../../contracts/descriptions.ts';
import { linkContract } from '../../contracts/link.ts';

describe('a link in Node', () => {
  for (const { promise, holds } of [...linkContract, ...descriptionContract]) it(promise, () => holds(openNodeLink));
});

/** Resolves once a connection that begins now has found all its candidates. @returns them */
async function allCandidates(): Promise<string[]> {
  const pc = new wrtc.RTCPeerConnection({ iceServers: [] });
  const found: string[] = [];
  pc.createDataChannel('any');
  await new Promise<void>((resolve) => {
    pc.onicecandidate = ({ candidate }) => (candidate ? void found.push(candidate.candidate) : resolve());
    void pc.createOffer().then((offer) => pc.setLocalDescription(offer));
  });
  pc.close();
  return found;
}

it('offers to be reached by UDP alone', async () => {
  const found: string[] = [];
  const link = openNodeLink({
    initiator: true,
    iceServers: [],
    onsignal: ({ type, text }) => type === 'candidate' && found.push(text),
  });
  // One that begins later has found its own, those by TCP last.
  expect((await allCandidates()).at(-1)).toMatch(/ tcp /);
  expect(found.filter((text) => / udp /.test(text)).length).toBeGreaterThan(0);
  expect(found.filter((text) => / tcp /.test(text))).toEqual([]);
  link.close();
  await link.closed;
});
