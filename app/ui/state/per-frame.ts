/** Milliseconds from one update of a burst to the next: twenty a second read as steadily as sixty, at a third of the cost. */
const GAP = 50;
/** A hidden page gets no frames, but its title must stay true. */
const HIDDEN_GAP = 250;

/** Lets a burst of calls through as few updates, each in time for a frame; the first of them with the next frame. */
export function perFrame(update: () => void): () => void {
  let waiting = false;
  let last = -GAP;
  let fallback: ReturnType<typeof setTimeout> | undefined;
  const run = () => {
    if (!waiting) return;
    waiting = false;
    clearTimeout(fallback);
    last = performance.now();
    update();
  };
  return () => {
    if (waiting) return;
    waiting = true;
    fallback = setTimeout(run, HIDDEN_GAP);
    const rest = last + GAP - performance.now();
    if (rest > 0) setTimeout(() => requestAnimationFrame(run), rest);
    else requestAnimationFrame(run);
  };
}
