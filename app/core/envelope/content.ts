/** What a message says. A new feature is a new kind of content, never a new path. */
import { fromUtf8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';

export const MAX_TEXT_BYTES = 32 * 1024;
const KIND_TEXT = 1;

/** A text for people: not empty, well-formed Unicode, at most MAX_TEXT_BYTES of UTF-8. */
export interface Content {
  readonly kind: 'text';
  readonly text: string;
}

/** The kind as a byte, and the body that an entry commits to. */
export interface EncodedContent {
  readonly kind: number;
  readonly body: Bytes;
}

/** @returns `undefined` if the text is empty or too long. */
export function encodeContent(content: Content): EncodedContent | undefined {
  const body = utf8(content.text);
  return body.length > 0 && body.length <= MAX_TEXT_BYTES ? { kind: KIND_TEXT, body } : undefined;
}

/** @returns `undefined` for an unknown kind, or a body that `encodeContent` would not have made. */
export function decodeContent({ kind, body }: EncodedContent): Content | undefined {
  if (kind !== KIND_TEXT || body.length === 0 || body.length > MAX_TEXT_BYTES) return undefined;
  const text = fromUtf8(body);
  return text === undefined ? undefined : { kind: 'text', text };
}
