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

// No DataView here: the buffer behind a few bytes costs more to get at than the bytes themselves, and there are many.

/** How many values four bytes have. */
const U32_VALUES = 2 ** 32;

function putU32(bytes: Bytes, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Four bytes, big-endian. */
export function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  putU32(bytes, 0, value);
  return bytes;
}

/** Eight bytes, big-endian, of a non-negative safe integer. */
export function u64(value: number): Bytes {
  const bytes = new Uint8Array(8);
  putU32(bytes, 0, Math.floor(value / U32_VALUES));
  putU32(bytes, 4, value % U32_VALUES);
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

/** The two digits of each byte. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Bytes): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]!]!;
  return text;
}

/** The bytes of lower-case hexadecimal digits, or `undefined`. */
export function fromHex(text: string): Bytes | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** The characters of base64url as bytes, each at its value; and the value of each character, at its code. */
const CHARACTERS = encoder.encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
const VALUES = new Uint8Array(128);
CHARACTERS.forEach((code, value) => (VALUES[code] = value));

export function toBase64Url(bytes: Bytes): string {
  const text = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let bits = 0;
  let waiting = 0;
  let at = 0;
  for (let i = 0; i < bytes.length; i++) {
    bits = ((bits & 0xff) << 8) | bytes[i]!;
    waiting += 8;
    for (; waiting >= 6; waiting -= 6) text[at++] = CHARACTERS[(bits >> (waiting - 6)) & 63]!;
  }
  if (waiting > 0) text[at] = CHARACTERS[(bits << (6 - waiting)) & 63]!;
  return decoder.decode(text);
}

/** How many bytes a text spells, if it is unpadded base64url in its one canonical form: its unused last bits are zero. */
export function base64UrlLength(text: string): number | undefined {
  if (text.length % 4 === 1 || !/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  const unused = (text.length * 6) % 8;
  const last = unused === 0 ? 0 : VALUES[text.charCodeAt(text.length - 1)]!;
  return last & ((1 << unused) - 1) ? undefined : Math.floor((text.length * 3) / 4);
}

/** The bytes of unpadded base64url in its one canonical form, or `undefined`. */
export function fromBase64Url(text: string): Bytes | undefined {
  const length = base64UrlLength(text);
  if (length === undefined) return undefined;
  const bytes = new Uint8Array(length);
  let bits = 0;
  let waiting = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    bits = ((bits & 0x3f) << 6) | VALUES[text.charCodeAt(i)]!;
    waiting += 6;
    if (waiting < 8) continue;
    waiting -= 8;
    bytes[at++] = bits >> waiting;
  }
  return bytes;
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
    return this.#fits(length) ? this.#bytes.slice(this.#offset, (this.#offset += length)) : new Uint8Array(0);
  }

  u8(): number {
    return this.#fits(1) ? this.#bytes[this.#offset++]! : 0;
  }

  u32(): number {
    if (!this.#fits(4)) return 0;
    let value = 0;
    for (const end = this.#offset + 4; this.#offset < end; this.#offset++) {
      value = (value << 8) | this.#bytes[this.#offset]!;
    }
    return value >>> 0;
  }

  /** An 8-byte number; one above the safe integers fails. */
  u64(): number {
    const value = this.u32() * U32_VALUES + this.u32();
    if (value > Number.MAX_SAFE_INTEGER) this.#failed = true;
    return this.#failed ? 0 : value;
  }

  /** A length-prefixed field of at most `limit` bytes. */
  lp(limit: number): Bytes {
    const length = this.u32();
    if (length > limit) this.#failed = true;
    return this.take(length);
  }

  #fits(length: number): boolean {
    if (this.#offset + length > this.#bytes.length) this.#failed = true;
    return !this.#failed;
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
