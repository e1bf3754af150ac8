/** A link over WebRTC: the one door to simple-peer. */
import Peer, { type Wrtc } from 'simple-peer/simplepeer.min.js';
import { fromHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import type { IceServer } from '../../../signal/wire/messages.ts';
import { LinkError } from '../../core/base/errors.ts';
import { Listeners } from '../../core/base/listeners.ts';
import { MAX_FRAME_BYTES } from '../../core/transport/frames.ts';
import { Inbox } from '../../core/transport/inbox.ts';
import type { Link, LinkOptions, LinkSignal } from '../../core/transport/link.ts';
import { pathOf } from './path.ts';

/** A relay did not take our credentials: STUN's `Unauthorized`, and what else of 400 to 499 a TURN server answers. */
const isRefusal = (code: number) => code >= 400 && code < 500;

/**
 * Opens a link: an offer and candidates come out of `onsignal`, the other side's go into `signal`.
 * @param wrtc - WebRTC itself, where the platform has none of its own.
 */
export function openPeerLink({ initiator, iceServers, onsignal }: LinkOptions, wrtc?: Wrtc): Link {
  // Always with our own servers, even none: simple-peer's default names third parties.
  const config = { iceServers: iceServers.map(toRtcIceServer) };
  const peer = new Peer({ initiator, config, ...(wrtc && { wrtc }) });
  const inbox = new Inbox();
  const silent = new Listeners();
  let relayRefused = false;

  peer._pc?.addEventListener('icecandidateerror', ({ errorCode }) => (relayRefused ||= isRefusal(errorCode)));
  peer.on('iceStateChange', (state) => state === 'disconnected' && silent.notify());
  peer.on('signal', (data) => {
    if (data.type === 'offer' || data.type === 'answer')
      onsignal({ type: data.type, text: withoutAddresses(data.sdp) });
    else if (data.type === 'candidate') onsignal({ type: 'candidate', text: JSON.stringify(data.candidate) });
  });
  peer.on('data', (data) => {
    const fits = data.length <= MAX_FRAME_BYTES && inbox.push(new Uint8Array(data));
    if (!fits) peer.destroy();
  });
  // A failure closes too, and a remote close sometimes arrives as an error; the one who reads hears of it either way.
  peer.on('error', () => undefined);

  /** Writes that wait for room. */
  const waiting = new Set<(reason: LinkError) => void>();
  const closed = new Promise<void>((resolve) => peer.on('close', resolve));
  void closed.then(() => {
    // simple-peer forgets it, and it would keep the connection in memory, and a process from ending, for five seconds.
    clearTimeout(peer._iceCompleteTimer);
    inbox.close();
    for (const reject of waiting) reject(new LinkError('closed'));
  });
  const connected = new Promise<void>((resolve) => peer.on('connect', resolve));
  const opened = Promise.race([
    connected.then(() => certificates(peer._pc)),
    closed.then(() => Promise.reject(new LinkError(relayRefused ? 'relay-refused' : 'no-path'))),
  ]);
  opened.catch(() => peer.destroy());

  return {
    opened,
    closed,
    signal(signal) {
      if (peer.destroyed) return;
      const data = toSignalData(signal);
      if (data) peer.signal(data);
      else peer.destroy();
    },
    read: () => inbox.read(),
    write: (frame) =>
      new Promise((resolve, reject) => {
        if (peer.destroyed) return reject(new LinkError('closed'));
        waiting.add(reject);
        peer.write(frame, (error) => {
          waiting.delete(reject);
          if (error) reject(new LinkError('closed'));
          else resolve();
        });
      }),
    path: async () => {
      // The statistics of a connection that closes meanwhile are not to be had.
      const path = peer._pc && pathOf(peer._pc).catch(() => undefined);
      return (await path) ?? undefined;
    },
    silent,
    close: () => peer.destroy(),
  };
}

function toRtcIceServer({ urls, username, credential }: IceServer): RTCIceServer {
  return username === undefined || credential === undefined ? { urls } : { urls, username, credential };
}

/**
 * A candidate is an address, and goes by itself: a description leaves before the other side is known. Where candidates
 * were found already, the description names one as its own, too.
 */
function withoutAddresses(sdp: string): string {
  return sdp
    .replace(/^a=candidate:.*\r?\n/gm, '')
    .replace(/^(m=application) \d+/gm, '$1 9')
    .replace(/^c=IN [^\r\n]*/gm, 'c=IN IP4 0.0.0.0');
}

function toSignalData({ type, text }: LinkSignal) {
  if (type === 'candidate') return toCandidate(text);
  return isForDataOnly(text) ? { type, sdp: text } : undefined;
}

/** Whether a description is of one data channel and nothing else: media would wake codecs that nobody asked for. */
function isForDataOnly(sdp: string): boolean {
  const sections = sdp.match(/^m=.*/gm);
  return sections?.length === 1 && sections[0].startsWith('m=application ');
}

function toCandidate(text: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { candidate, ...place } = value as Record<string, unknown>;
  const sdpMid = typeof place.sdpMid === 'string' ? place.sdpMid : null;
  const sdpMLineIndex = typeof place.sdpMLineIndex === 'number' ? place.sdpMLineIndex : null;
  // One of no place at all, browsers throw at.
  if (typeof candidate !== 'string' || (sdpMid === null && sdpMLineIndex === null)) return undefined;
  return { type: 'candidate' as const, candidate: { candidate, sdpMid, sdpMLineIndex } };
}

/** Ours from the description we sent, theirs from the DTLS connection itself: never what they claim. */
async function certificates(pc: RTCPeerConnection | null): Promise<{ ours: Bytes; theirs: Bytes }> {
  const line = /^a=fingerprint:sha-256 ([0-9A-F:]+)\s*$/im.exec(pc?.localDescription?.sdp ?? '');
  const ours = fromHex((line?.[1] ?? '').replaceAll(':', '').toLowerCase());
  const certificate = pc?.sctp?.transport.getRemoteCertificates()[0];
  if (ours?.length !== 32 || !certificate) throw new LinkError('protocol');
  return { ours, theirs: await sha256(new Uint8Array(certificate)) };
}
