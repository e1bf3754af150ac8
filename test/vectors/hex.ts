import { fromHex, type Bytes } from '../../signal/wire/bytes.ts';

/** The bytes that a vector spells as hexadecimal digits. @throws if they are none */
export function hex(digits: string): Bytes {
  const bytes = fromHex(digits);
  if (!bytes) throw new Error(`not hexadecimal: ${digits.slice(0, 80)}`);
  return bytes;
}
