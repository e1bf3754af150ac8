/**
 * Bytes and their text forms. Everything that is hashed, signed, sealed or sent is built from these few functions,
 * on the server and in the app alike.
 */

/** Bytes that own an ordinary buffer, as WebCrypto wants them. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 bytes of a text. A lone surrogate becomes U+FFFD. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** The text of UTF-8 bytes, or `undefined` if they are not well-formed UTF-8. */
export function fromUtf8(bytes: Bytes): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

export function concat(...parts: readonly Bytes[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

export function u8(value: number): Bytes {
  return Uint8Array.of(value);
}

/** Four bytes, big-endian. */
export function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** Eight bytes, big-endian, of a non-negative safe integer. */
export function u64(value: number): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** `LP(x)`: a 4-byte big-endian length, then x. */
export function lp(bytes: Bytes): Bytes {
  return concat(u32(bytes.length), bytes);
}

/** Whether two byte strings are equal, in time that depends on their lengths only. */
export function equal(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

/** Orders byte strings of one length, as `sort` wants it. */
export function compare(a: Bytes, b: Bytes): number {
  const i = a.findIndex((byte, index) => byte !== b[index]);
  return i < 0 ? 0 : a[i]! - b[i]!;
}

export function toHex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The bytes of lower-case hexadecimal digits, or `undefined`. */
export function fromHex(text: string): Bytes | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

export function toBase64Url(bytes: Bytes): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The bytes of unpadded base64url in its one canonical form, or `undefined`. */
export function fromBase64Url(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return toBase64Url(bytes) === text ? bytes : undefined;
}

/**
 * Reads fields off the front of untrusted bytes. It never throws: past the first field that does not fit, every
 * further one reads as empty, and `done()` answers false. So a decoder reads all its fields and then asks once.
 */
export class ByteReader {
  #bytes: Bytes;
  #offset = 0;
  #failed = false;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  /** The next `length` bytes, copied. */
  take(length: number): Bytes {
    if (this.#failed || this.#offset + length > this.#bytes.length) {
      this.#failed = true;
      return new Uint8Array(0);
    }
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.slice(start, this.#offset);
  }

  u8(): number {
    return this.take(1)[0] ?? 0;
  }

  u32(): number {
    const bytes = this.take(4);
    return bytes.length === 4 ? new DataView(bytes.buffer).getUint32(0) : 0;
  }

  /** An 8-byte number; one above the safe integers fails. */
  u64(): number {
    const bytes = this.take(8);
    if (bytes.length !== 8) return 0;
    const value = new DataView(bytes.buffer).getBigUint64(0);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.#failed = true;
    return this.#failed ? 0 : Number(value);
  }

  /** A length-prefixed field of at most `limit` bytes. */
  lp(limit: number): Bytes {
    const length = this.u32();
    if (length > limit) this.#failed = true;
    return this.take(length);
  }

  /** Whether bytes are left to read. */
  get more(): boolean {
    return !this.#failed && this.#offset < this.#bytes.length;
  }

  /** Whether every field fitted and no byte is left over. */
  done(): boolean {
    return !this.#failed && this.#offset === this.#bytes.length;
  }
}
