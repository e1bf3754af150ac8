/** Writes into a store without end, two records at a time, and says the number of each write that it was told is done. */
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../app/platform/node/sqlite-store.ts';
import { utf8 } from '../../../signal/wire/bytes.ts';

const store = openSqliteStore(process.argv[2]!);
for (let number = Number(process.argv[3]); ; number++) {
  const value = utf8(`${number} `.repeat(1 + (number % 700)));
  await store.write(
    new Map([
      [`one/${number}`, value],
      [`other/${number}`, value],
      // As an outbox and its log have it: something else goes in the same write.
      [`gone/${number - 1}`, undefined],
      [`gone/${number}`, value],
    ]),
  );
  writeSync(1, `${number}\n`);
}
