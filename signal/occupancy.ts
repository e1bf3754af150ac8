/** How many connections each address holds, and no more than it may. */
export class Occupancy {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a place. @returns false if the address has none left. */
  enter(address: string): boolean {
    const count = this.#open.get(address) ?? 0;
    if (count >= this.#most) return false;
    this.#open.set(address, count + 1);
    return true;
  }

  /** Gives a place back. */
  leave(address: string): void {
    const left = this.#open.get(address)! - 1;
    if (left === 0) this.#open.delete(address);
    else this.#open.set(address, left);
  }
}
