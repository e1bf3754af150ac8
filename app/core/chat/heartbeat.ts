/**
 * Whether somebody is still at the other end of a link: asks for a sign of life when nothing has come for a while, and
 * takes the link for dead when none comes. Any frame is a sign. An idle link costs one ping and one pong every QUIET or
 * so, whichever side asks first.
 */
import { spread } from '../base/spread.ts';

/** After so long without a sign we ask; half as long again by chance, so that mostly one of the two does. */
const QUIET = 15_000;
/** The same once something has been sent that the other acknowledges at once. */
const UNANSWERED = 3_000;
/**
 * How long a link may then stay silent. What is lost while a network is cut for 3 s goes out again 6 or 7 s after the
 * first time, as the pauses between attempts double.
 */
const SILENCE_TIMEOUT = 10_000;
/** The same where there is a reason to think that nobody is there any more. */
const PROBE_TIMEOUT = 3_000;
/** From an answer to our next ping: never so short that two could arrive within PING_INTERVAL of each other. */
const PING_GAP = 1_000;
/** A timer that comes so late says that we were asleep ourselves, and what has come meanwhile is yet to be read. */
const LATE = 1_000;

export interface HeartbeatParts {
  /** Asks the other for a sign of life. Never again before it has been answered. */
  readonly onask: () => void;
  /** Nobody answers. */
  readonly ondead: () => void;
}

export class Heartbeat {
  readonly #parts: HeartbeatParts;
  #watching = false;
  #heardAt = performance.now();
  #patience = spread(QUIET);
  #unansweredSince: number | undefined;
  /** When the link is taken for dead, while it is in doubt. */
  #deadline: number | undefined;
  #mustPing = false;
  #pongDue = false;
  #mayPingAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = Infinity;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /** From now on asks by itself, when nothing has come for too long. */
  watch(): void {
    this.#watching = true;
    this.#schedule();
  }

  /** A frame has come. */
  heard(): void {
    this.#heardAt = performance.now();
    this.#unansweredSince = undefined;
    this.#deadline = undefined;
    this.#mustPing = false;
  }

  /** A pong has come. @returns whether it was asked for. */
  takePong(): boolean {
    if (!this.#pongDue) return false;
    this.#pongDue = false;
    this.#mayPingAt = performance.now() + PING_GAP;
    return true;
  }

  /** Something is on its way that the other acknowledges. */
  sent(): void {
    if (this.#unansweredSince !== undefined) return;
    this.#unansweredSince = performance.now();
    this.#schedule();
  }

  /** There is a reason to think that nobody is there: without a sign in PROBE_TIMEOUT the link is dead. */
  doubt(): void {
    this.#ask(PROBE_TIMEOUT);
  }

  /** Nothing is asked any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#due = -Infinity;
  }

  #ask(timeout: number): void {
    this.#deadline = Math.min(this.#deadline ?? Infinity, performance.now() + timeout);
    this.#mustPing = !this.#pongDue;
    this.#patience = spread(QUIET);
    this.#pingIfDue();
    this.#schedule();
  }

  #pingIfDue(): void {
    if (!this.#mustPing || performance.now() < this.#mayPingAt) return;
    this.#mustPing = false;
    this.#pongDue = true;
    this.#parts.onask();
  }

  /** When there is something to do next, unless something comes. */
  get #next(): number {
    if (this.#deadline !== undefined)
      return this.#mustPing ? Math.min(this.#mayPingAt, this.#deadline) : this.#deadline;
    if (!this.#watching) return Infinity;
    return Math.min(this.#heardAt + this.#patience, (this.#unansweredSince ?? Infinity) + UNANSWERED);
  }

  /** A timer that is due sooner than need be stays: it would have to be set anew at every frame. */
  #schedule(): void {
    const next = this.#next;
    if (next >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = next;
    this.#timer = setTimeout(() => this.#wake(), next - performance.now());
  }

  #wake(): void {
    const now = performance.now();
    const slept = now - this.#due > LATE;
    this.#due = Infinity;
    if (this.#deadline === undefined) {
      if (now >= this.#next) return this.#ask(SILENCE_TIMEOUT);
    } else if (now >= this.#deadline) {
      if (!slept) return this.#parts.ondead();
      this.#deadline = now + PROBE_TIMEOUT;
    }
    this.#pingIfDue();
    this.#schedule();
  }
}
