/**
 * What everything is compared with: one data channel, ordered and reliable as Sotto's, and nothing around it. Each text
 * is one message; the sender waits whenever more than HIGH bytes have not left yet.
 */
import { now } from './clock.ts';
import { texts } from './texts.ts';

const HIGH = 1024 * 1024;
const LOW = 256 * 1024;
const PING = 'ping';
const PONG = 'pong';

const connection = new RTCPeerConnection();
let channel: RTCDataChannel;
let expected = 0;
let arrived: (time: number) => void = () => undefined;
let lastArrived: Promise<number>;
let ponged: () => void = () => undefined;

function use(opened: RTCDataChannel): void {
  channel = opened;
  channel.bufferedAmountLowThreshold = LOW;
  channel.onmessage = ({ data }) => {
    if (data === PING) channel.send(PONG);
    else if (data === PONG) ponged();
    else if (--expected === 0) arrived(now());
  };
}

/** Our description once it holds all addresses. */
async function described(): Promise<string> {
  if (connection.iceGatheringState !== 'complete') {
    await new Promise<void>((resolve) => {
      connection.onicegatheringstatechange = () => connection.iceGatheringState === 'complete' && resolve();
    });
  }
  return JSON.stringify(connection.localDescription);
}

function drained(): Promise<void> {
  return new Promise((resolve) => (channel.onbufferedamountlow = () => resolve()));
}

export const bareChannel = {
  async offer(): Promise<string> {
    use(connection.createDataChannel('bare'));
    await connection.setLocalDescription();
    return described();
  },

  async answer(offer: string): Promise<string> {
    connection.ondatachannel = (event) => use(event.channel);
    await connection.setRemoteDescription(JSON.parse(offer) as RTCSessionDescriptionInit);
    await connection.setLocalDescription();
    return described();
  },

  async accept(answer: string): Promise<void> {
    const opened = new Promise((resolve) => (channel.onopen = resolve));
    await connection.setRemoteDescription(JSON.parse(answer) as RTCSessionDescriptionInit);
    await opened;
  },

  /** From now on so many texts are waited for. */
  expect(count: number): void {
    expected = count;
    lastArrived = new Promise((resolve) => (arrived = resolve));
  },

  /** When the last of them came. */
  lastArrived: (): Promise<number> => lastArrived,

  /** Sends texts as fast as they are taken. @returns when it began. */
  async send(count: number): Promise<number> {
    const all = texts(count);
    const begin = now();
    for (const text of all) {
      if (channel.bufferedAmount > HIGH) await drained();
      channel.send(text);
    }
    return begin;
  },

  /** Milliseconds there and back. */
  async roundTrip(): Promise<number> {
    const answered = new Promise<void>((resolve) => (ponged = resolve));
    const begin = now();
    channel.send(PING);
    await answered;
    return now() - begin;
  },
};
