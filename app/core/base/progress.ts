/** How far something is that takes its time: so many parts of so many. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}
