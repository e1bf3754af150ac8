/** A whole conversation, from its beginning: to be saved, where a thread is a window on its end. */
import { equal } from '../../../signal/wire/bytes.ts';
import type { Progress } from '../base/progress.ts';
import type { Log } from '../log/log.ts';

/** Records read at a time; each holds one message or more. */
const RECORDS = 64;

export interface HistoryMessage {
  readonly mine: boolean;
  /** The author's clock, unix ms. */
  readonly time: number;
  readonly text: string;
}

export interface HistoryPage extends Progress {
  /** In the order in which they became durable here. */
  readonly messages: readonly HistoryMessage[];
}

/** Its progress counts records, of all that there were at the beginning. @throws DamagedRecord, StorageError */
export async function* historyOf(log: Log): AsyncGenerator<HistoryPage> {
  const total = log.state.next;
  for (let done = 0; done < total;) {
    const end = Math.min(total, done + RECORDS);
    const records = await log.page(end - done, end);
    const messages = records.reverse().flatMap((record) => record.messages);
    done = end;
    yield {
      messages: messages.map(({ entry, content }) => ({
        mine: equal(entry.author, log.conversation.us),
        time: entry.time,
        text: content.text,
      })),
      done,
      total,
    };
  }
}
