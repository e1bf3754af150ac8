/** Looks for secrets where they must not be: in files, and in what went over the wire. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';

/** Something that must not be found, in every form that a program might write it in. */
export interface Marker {
  readonly what: string;
  readonly forms: readonly { readonly form: string; readonly bytes: Buffer }[];
}

/** A random text of 24 characters that occurs nowhere by chance. */
export function randomText(): string {
  return randomBytes(18).toString('base64').replaceAll('+', 'x').replaceAll('/', 'y');
}

/** A text as UTF-8, UTF-16LE, base64 and hexadecimal. */
export function textMarker(what: string, text: string): Marker {
  return bytesMarker(what, Buffer.from(text, 'utf8'), [{ form: 'UTF-16LE', bytes: Buffer.from(text, 'utf16le') }]);
}

/** Bytes as they are, in base64 wherever they begin in a longer string, and in hexadecimal; texts in both encodings. */
export function bytesMarker(what: string, bytes: Buffer, more: Marker['forms'] = []): Marker {
  const texts = [
    ...[0, 1, 2].map((shift) => ({ form: `base64 at ${shift}`, text: base64Within(bytes, shift) })),
    { form: 'hex', text: bytes.toString('hex') },
    { form: 'HEX', text: bytes.toString('hex').toUpperCase() },
  ];
  const forms = texts.flatMap(({ form, text }) => [
    { form, bytes: Buffer.from(text, 'utf8') },
    { form: `${form}, UTF-16LE`, bytes: Buffer.from(text, 'utf16le') },
  ]);
  const urlForms = forms
    .filter(({ form }) => form.startsWith('base64'))
    .map(({ form, bytes: found }) => ({
      form: `${form}url`,
      bytes: Buffer.from(found.toString('latin1').replaceAll('+', '-').replaceAll('/', '_'), 'latin1'),
    }));
  return { what, forms: [{ form: 'raw', bytes }, ...more, ...forms, ...urlForms] };
}

/** The characters of base64 that depend on these bytes alone, when `shift` other bytes stand before them. */
function base64Within(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  const first = Math.ceil((shift * 8) / 6);
  const last = Math.floor(((shift + bytes.length) * 8) / 6);
  return text.slice(first, last);
}

/** What of the markers occurs in some bytes, and in which form. */
export function findIn(bytes: Buffer, markers: readonly Marker[]): string[] {
  return markers.flatMap(({ what, forms }) =>
    forms.filter((form) => bytes.includes(form.bytes)).map(({ form }) => `${what} as ${form}`),
  );
}

/** The same in every file below a folder, with the file's name. */
export async function findInFolder(folder: string, markers: readonly Marker[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    found.push(...findIn(await readFile(path), markers).map((what) => `${what} in ${path}`));
  }
  return found;
}
