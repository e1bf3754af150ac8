/**
 * Lets a burst of calls through as one call a frame, so that two hundred messages a second cost sixty updates.
 * A hidden page gets no frames; the timer keeps its title current.
 */
export function perFrame(update: () => void): () => void {
  let frame: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = () => {
    if (frame !== undefined) cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = undefined;
    update();
  };
  return () => {
    if (frame !== undefined) return;
    frame = requestAnimationFrame(run);
    timer = setTimeout(run, 250);
  };
}
