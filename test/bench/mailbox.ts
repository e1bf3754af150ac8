/**
 * What the server keeps for people who are away: parcels a second, each acknowledged once it is durable, and how fast a
 * backup goes up. Everything is sealed beforehand; to the server it is random bytes.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { toBase64Url, utf8 } from '../../signal/wire/bytes.ts';
import { LOGIN_LABEL, sha256, sign } from '../../signal/wire/keys.ts';
import { BACKUP_TOKEN_BYTES, MAX_BACKUP_CHUNK_BYTES, WIRE_VERSION } from '../../signal/wire/limits.ts';
import { decodeMessage, encodeMessage, ServerMessage, type ClientMessage } from '../../signal/wire/messages.ts';
import type { Stage } from '../browser/stage.ts';
import { identityOf } from '../parts/identities.ts';
import { randomBytes } from '../parts/randomness.ts';
import type { Figure } from './figures.ts';

const RUNS = 5;
const SENDERS = 20;
/** Of each sender in a run: 2 points each, so that a connection stays far below what it may cost. */
const PARCELS = 200;
const PARCEL_BYTES = 2048;
/** Parcels of one sender on their way at once. */
const WINDOW = 8;
const CHUNKS = 30;

/** Somebody logged in, from an address of their own: what an address may cost is no measure of the server. */
export class Visitor {
  readonly #socket: WebSocket;
  readonly #answers: ((answer: ServerMessage) => void)[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async enter(origin: string, name: string, address: string): Promise<Visitor> {
    const { card, signKey } = await identityOf(name);
    const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/signal`, { localAddress: address, family: 4 });
    const [data] = (await once(socket, 'message')) as [Buffer];
    const challenge = decodeMessage(ServerMessage, data.toString());
    if (challenge?.type !== 'challenge') throw new Error('The server did not ask who we are.');
    const signature = await sign(signKey, LOGIN_LABEL, [utf8(origin), challenge.nonce, card.fingerprint]);
    const visitor = new Visitor(socket);
    socket.on('message', (answer: Buffer) => visitor.#heard(answer.toString()));
    const login = { type: 'login', version: WIRE_VERSION, origin, card: card.bytes, signature } as const;
    await visitor.ask(encodeMessage(login));
    return visitor;
  }

  #heard(text: string): void {
    const answer = decodeMessage(ServerMessage, text);
    if (answer && answer.type !== 'mail') this.#answers.shift()?.(answer);
  }

  /** Sends a message as it is. @returns what the server says next: answers come in the order of what was asked. */
  async ask(message: string): Promise<ServerMessage> {
    const answer = new Promise<ServerMessage>((resolve, reject) => {
      this.#answers.push(resolve);
      this.#socket.once('close', (code) => reject(new Error(`The server closed with ${code}.`)));
    });
    this.#socket.setMaxListeners(0);
    this.#socket.send(message);
    return answer;
  }

  /** Asks for something that must be done. @throws Error if it is not */
  async demand(message: string): Promise<void> {
    const answer = await this.ask(message);
    if (answer.type !== 'done') throw new Error(`The server answered ${JSON.stringify(answer)}.`);
  }

  leave(): void {
    this.#socket.removeAllListeners('close').close();
  }
}

/** Sends messages, so many at once, each of which must be done. */
async function sendAll(visitor: Visitor, messages: readonly string[]): Promise<void> {
  const left = messages.values();
  const work = async () => {
    for (const message of left) await visitor.demand(message);
  };
  await Promise.all(Array.from({ length: WINDOW }, work));
}

/** @returns how many parcels a second were acknowledged. */
async function depositRun(origin: string, run: number): Promise<number> {
  const names = Array.from({ length: SENDERS }, (_, index) => `sender ${index}`);
  const cards = await Promise.all(names.map(async (name) => (await identityOf(name)).card));
  const recipient = await Visitor.enter(origin, `recipient ${run}`, '127.0.2.1');
  const add = cards.map(({ fingerprint }) => fingerprint);
  await recipient.demand(encodeMessage({ type: 'senders', ref: 0, add, remove: [] }));
  recipient.leave();
  const to = (await identityOf(`recipient ${run}`)).card.fingerprint;
  const deposit = (ref: number): ClientMessage => ({ type: 'deposit', ref, to, parcel: randomBytes(PARCEL_BYTES) });
  const senders = await Promise.all(names.map((name, index) => Visitor.enter(origin, name, `127.0.1.${index + 1}`)));
  const messages = senders.map(() => Array.from({ length: PARCELS }, (_, ref) => encodeMessage(deposit(ref))));
  const begin = performance.now();
  await Promise.all(senders.map((sender, index) => sendAll(sender, messages[index]!)));
  const seconds = (performance.now() - begin) / 1000;
  for (const sender of senders) sender.leave();
  return (SENDERS * PARCELS) / seconds;
}

/** @returns how many megabytes a second went up, chunk by chunk, each durable before the next. */
async function uploadRun(origin: string, run: number): Promise<number> {
  const token = randomBytes(BACKUP_TOKEN_BYTES);
  const owner = await Visitor.enter(origin, `recipient ${run}`, '127.0.2.1');
  await owner.demand(encodeMessage({ type: 'backup', ref: 0, id: await sha256(token) }));
  owner.leave();
  const headers = { authorization: `Backup ${toBase64Url(token)}` };
  const chunks = Array.from({ length: CHUNKS }, () => randomBytes(MAX_BACKUP_CHUNK_BYTES));
  const begin = performance.now();
  for (const body of chunks) {
    const name = toBase64Url(randomBytes(16));
    const answer = await fetch(`${origin}/backups/${name}`, { method: 'PUT', headers, body });
    if (answer.status !== 204) throw new Error(`The server answered ${answer.status}.`);
  }
  return (CHUNKS * MAX_BACKUP_CHUNK_BYTES) / 1_000_000 / ((performance.now() - begin) / 1000);
}

export async function mailbox(stage: Stage): Promise<Figure[]> {
  const { url } = await stage.server();
  const origin = new URL(url).origin;
  const parcels: number[] = [];
  const uploads: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    parcels.push(await depositRun(origin, run));
    uploads.push(await uploadRun(origin, run));
  }
  return [
    {
      name: `parcels of ${PARCEL_BYTES} bytes acknowledged as durable, from ${SENDERS} connections`,
      unit: '/s',
      runs: parcels,
      promised: { atLeast: 1_000 },
    },
    {
      name: `a backup going up, in chunks of ${MAX_BACKUP_CHUNK_BYTES} bytes`,
      unit: 'MB/s',
      runs: uploads,
      promised: { atLeast: 5 },
    },
  ];
}
