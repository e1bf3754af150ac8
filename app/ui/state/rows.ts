import type { MessageView } from '../../core/chat/views.ts';
import { formatDay, sameDay } from '../../words/moments.ts';

/** A message with what its neighbours say about it. */
export interface Row {
  readonly message: MessageView;
  /** The date to write above it, where a new day begins; else empty. */
  readonly day: string;
  /** The same person wrote the message before it, in the same minutes. */
  readonly follows: boolean;
  /** The next message says the same of who, when and how: once is enough for the eye. */
  readonly followed: boolean;
}

const CLOSE = 3 * 60_000;

function belong(one: MessageView, other: MessageView): boolean {
  return one.mine === other.mine && Math.abs(other.time - one.time) < CLOSE && sameDay(one.time, other.time);
}

/**
 * Makes rows, and gives the same object again for a row that has not changed, so that only the others are drawn. Of a
 * message nothing changes but its state.
 */
export class Rows {
  #known = new Map<string, Row>();

  from(messages: readonly MessageView[], now = Date.now()): readonly Row[] {
    const known = new Map<string, Row>();
    let latest = Number.NEGATIVE_INFINITY;
    const rows = messages.map((message, index) => {
      const previous = messages[index - 1];
      const next = messages[index + 1];
      // By a clock that is ahead it may be dated tomorrow, and by one that is behind yesterday: no day begins twice.
      const time = Math.min(message.time, now);
      const startsDay = previous === undefined || (time > latest && !sameDay(latest, time));
      latest = Math.max(latest, time);
      const row = this.#keep({
        message,
        day: startsDay ? formatDay(time, now) : '',
        follows: previous !== undefined && belong(previous, message),
        followed: next !== undefined && belong(message, next) && next.state === message.state,
      });
      known.set(message.id, row);
      return row;
    });
    this.#known = known;
    return rows;
  }

  #keep(row: Row): Row {
    const former = this.#known.get(row.message.id);
    const same =
      former !== undefined &&
      former.message.state === row.message.state &&
      former.day === row.day &&
      former.follows === row.follows &&
      former.followed === row.followed;
    return same ? former : row;
  }
}
