/**
 * DER, as far as key files need it: tags of one byte, lengths in their shortest form, numbers that are not negative.
 *
 *     element  tag u8 | length | content
 *     length   u8, below 0x80; or 0x80 + n u8, then n bytes
 */
import { concat, u8, type Bytes } from '../../../../signal/wire/bytes.ts';

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OBJECT_IDENTIFIER = 0x06;
export const SEQUENCE = 0x30;

const LONG_FORM = 0x80;
/** Of a tag whose number goes on in further bytes. */
const FURTHER = 0x1f;
const MAX_LENGTH_BYTES = 3;

export interface Element {
  readonly tag: number;
  /** A view of what was read: whoever wipes that wipes this. */
  readonly content: Bytes;
}

/** The elements of which bytes consist, one after the other, or `undefined` if they are not DER to the last byte. */
export function readElements(bytes: Bytes): Element[] | undefined {
  const elements: Element[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const tag = bytes[offset]!;
    const header = readLength(bytes, offset + 1);
    if (header === undefined || (tag & FURTHER) === FURTHER) return undefined;
    const end = header.end + header.length;
    if (end > bytes.length) return undefined;
    elements.push({ tag, content: bytes.subarray(header.end, end) });
    offset = end;
  }
  return elements;
}

/** The contents of elements with just these tags, or `undefined` if bytes are anything else. */
export function readContents(bytes: Bytes, ...tags: readonly number[]): Bytes[] | undefined {
  const elements = readElements(bytes);
  const fits = elements?.length === tags.length && elements.every(({ tag }, i) => tag === tags[i]);
  return fits ? elements.map(({ content }) => content) : undefined;
}

/** The big-endian bytes of a number, without leading zeros; `undefined` if it is negative, or not in its shortest form. */
export function readUnsigned(content: Bytes): Bytes | undefined {
  const [first, second] = content;
  if (first === undefined || first >= 0x80) return undefined;
  if (first > 0) return content;
  return second === undefined || second >= 0x80 ? content.subarray(1) : undefined;
}

/** An element of these contents, one after the other. */
export function element(tag: number, ...contents: readonly Bytes[]): Bytes {
  const content = concat(...contents);
  return concat(u8(tag), lengthOf(content), content);
}

/** The element of a number given by its big-endian bytes. */
export function unsigned(bytes: Bytes): Bytes {
  const first = bytes.findIndex((byte) => byte !== 0);
  const shortest = first < 0 ? new Uint8Array(0) : bytes.subarray(first);
  const sign = shortest.length === 0 || shortest[0]! >= 0x80 ? u8(0) : new Uint8Array(0);
  return element(INTEGER, sign, shortest);
}

function readLength(bytes: Bytes, at: number): { length: number; end: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < LONG_FORM) return { length: first, end: at + 1 };
  const end = at + 1 + first - LONG_FORM;
  const digits = bytes.subarray(at + 1, end);
  if (digits.length === 0 || digits.length > MAX_LENGTH_BYTES || end > bytes.length) return undefined;
  const length = digits.reduce((sum, byte) => 256 * sum + byte, 0);
  const isShortest = digits[0] !== 0 && length >= LONG_FORM;
  return isShortest ? { length, end } : undefined;
}

function lengthOf(content: Bytes): Bytes {
  if (content.length < LONG_FORM) return u8(content.length);
  const digits: number[] = [];
  for (let rest = content.length; rest > 0; rest >>>= 8) digits.unshift(rest & 0xff);
  return Uint8Array.of(LONG_FORM + digits.length, ...digits);
}
