/** As much of a TURN client (RFC 8656) as it takes to ask a relay for permission to reach an address. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

const COOKIE = 0x2112a442;
const ALLOCATE = 0x003;
const CREATE_PERMISSION = 0x008;
const ATTRIBUTE = {
  username: 0x0006,
  integrity: 0x0008,
  errorCode: 0x0009,
  peerAddress: 0x0012,
  realm: 0x0014,
  nonce: 0x0015,
  requestedFamily: 0x0017,
  requestedTransport: 0x0019,
};
const UDP = 17;
const RETRY = 500;

type Attribute = readonly [type: number, value: Buffer];

export interface Credentials {
  readonly username: string;
  readonly credential: string;
}

export class TurnClient {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #credentials: Credentials;
  #realm = Buffer.alloc(0);
  #nonce = Buffer.alloc(0);

  /** @param port the relay's, on this machine. */
  constructor(port: number, credentials: Credentials) {
    this.#socket = createSocket('udp4');
    this.#port = port;
    this.#credentials = credentials;
  }

  /** Asks for a relayed address of a family. @returns 0, or the relay's error code. */
  async allocate(family: 4 | 6): Promise<number> {
    const wanted: Attribute[] = [
      [ATTRIBUTE.requestedTransport, Buffer.of(UDP, 0, 0, 0)],
      [ATTRIBUTE.requestedFamily, Buffer.of(family === 4 ? 1 : 2, 0, 0, 0)],
    ];
    const first = await this.#ask(ALLOCATE, wanted, false);
    if (first.code !== 401) return first.code;
    return (await this.#ask(ALLOCATE, wanted, true)).code;
  }

  /** Asks whether packets may go to an address. @returns 0, or the relay's error code: 403 if they may not. */
  async permission(address: string): Promise<number> {
    return (await this.#ask(CREATE_PERMISSION, [[ATTRIBUTE.peerAddress, xorAddress(address, this.#id)]], true)).code;
  }

  close(): void {
    this.#socket.close();
  }

  #id: Buffer = randomBytes(12);

  async #ask(method: number, attributes: readonly Attribute[], signed: boolean): Promise<{ readonly code: number }> {
    const body = signed ? [...attributes, ...this.#identity()] : attributes;
    const request = this.#encode(method, body, signed);
    const timer = setInterval(() => this.#socket.send(request, this.#port, '127.0.0.1'), RETRY);
    this.#socket.send(request, this.#port, '127.0.0.1');
    try {
      for (;;) {
        const [answer] = (await once(this.#socket, 'message')) as [Buffer];
        if (answer.subarray(8, 20).equals(this.#id)) return this.#read(answer);
      }
    } finally {
      clearInterval(timer);
      this.#id = randomBytes(12);
    }
  }

  #identity(): Attribute[] {
    return [
      [ATTRIBUTE.username, Buffer.from(this.#credentials.username)],
      [ATTRIBUTE.realm, this.#realm],
      [ATTRIBUTE.nonce, this.#nonce],
    ];
  }

  #encode(method: number, attributes: readonly Attribute[], signed: boolean): Buffer {
    const body = Buffer.concat(attributes.map(encodeAttribute));
    const head = (length: number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt16BE(method, 0);
      bytes.writeUInt16BE(length, 2);
      bytes.writeUInt32BE(COOKIE, 4);
      return Buffer.concat([bytes, this.#id]);
    };
    if (!signed) return Buffer.concat([head(body.length), body]);
    // The length that is signed counts the signature itself: 24 bytes.
    const text = Buffer.concat([head(body.length + 24), body]);
    const { username, credential } = this.#credentials;
    const key = createHash('md5').update(`${username}:${this.#realm.toString()}:${credential}`).digest();
    const integrity = createHmac('sha1', key).update(text).digest();
    return Buffer.concat([text, encodeAttribute([ATTRIBUTE.integrity, integrity])]);
  }

  #read(answer: Buffer): { readonly code: number } {
    let code = 0;
    for (let at = 20; at < answer.length;) {
      const [type, length] = [answer.readUInt16BE(at), answer.readUInt16BE(at + 2)];
      const value = answer.subarray(at + 4, at + 4 + length);
      if (type === ATTRIBUTE.realm) this.#realm = Buffer.from(value);
      if (type === ATTRIBUTE.nonce) this.#nonce = Buffer.from(value);
      if (type === ATTRIBUTE.errorCode) code = value.readUInt8(2) * 100 + value.readUInt8(3);
      at += 4 + Math.ceil(length / 4) * 4;
    }
    return { code };
  }
}

function encodeAttribute([type, value]: Attribute): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
}

function xorAddress(address: string, id: Buffer): Buffer {
  const bytes = isIPv6(address) ? bytesOfIPv6(address) : Buffer.from(address.split('.').map(Number));
  const cookie = Buffer.alloc(4);
  cookie.writeUInt32BE(COOKIE);
  const mask = Buffer.concat([cookie, id]);
  const masked = bytes.map((byte, index) => byte ^ mask[index]!);
  const [family, port] = [bytes.length === 4 ? 1 : 2, 9999 ^ (COOKIE >>> 16)];
  return Buffer.concat([Buffer.of(0, family, port >> 8, port & 0xff), masked]);
}

function bytesOfIPv6(address: string): Buffer {
  // The URL parser writes an address out in one way: hexadecimal groups, and at most one `::`.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text = '') => text.split(':').filter(Boolean);
  const [before, after] = [groups(head), groups(tail)];
  const all = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
