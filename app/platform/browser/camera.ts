/** Reads QR codes from the camera of this device. */
import decodeQR from 'qr/decode.js';
import { ChatError } from '../../core/base/errors.ts';

/** From one look to the next: often enough for a hand, seldom enough for a phone. */
const LOOK_INTERVAL = 120;
/** What is looked at is made as wide as this at most: more makes it slower and finds no more. */
const MAX_WIDTH = 800;

const SENTENCES: Record<string, string> = {
  NotAllowedError:
    'Sotto may not use the camera. Allow it for this page in the browser, then try again; or compare the digits aloud.',
  NotFoundError: 'No camera was found on this device. Compare the digits aloud instead.',
};
const OTHERWISE =
  'The camera does not answer. Close what else may be using it, then try again; or compare the digits aloud.';

/**
 * Shows what the camera sees, and tells each text that it reads, until it is stopped.
 * @throws ChatError if there is no camera, or it may not be used
 */
export async function readCodes(
  video: HTMLVideoElement,
  ontext: (text: string) => void,
  stopped: AbortSignal,
): Promise<void> {
  const stream = await openCamera();
  const timer = setInterval(() => {
    const text = look(video);
    if (text !== undefined) ontext(text);
  }, LOOK_INTERVAL);
  const stop = () => {
    clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  stopped.addEventListener('abort', stop, { once: true });
  // It may have been stopped while the person was being asked.
  if (stopped.aborted) return stop();
  video.srcObject = stream;
  await video.play().catch((error: unknown) => {
    if (stopped.aborted) return;
    stop();
    throw troubleOf(error);
  });
}

async function openCamera(): Promise<MediaStream> {
  try {
    // The one at the back of a phone, if there is a choice.
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } });
  } catch (error) {
    throw troubleOf(error);
  }
}

function troubleOf(error: unknown): ChatError {
  return new ChatError(SENTENCES[error instanceof DOMException ? error.name : ''] ?? OTHERWISE);
}

const canvas = document.createElement('canvas');
const context = canvas.getContext('2d', { willReadFrequently: true });

/** What stands in the QR code before the camera, if there is one. */
function look(video: HTMLVideoElement): string | undefined {
  if (!context || video.videoWidth === 0) return undefined;
  const scale = Math.min(1, MAX_WIDTH / video.videoWidth);
  const [width, height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
  // Setting a size clears a canvas, so it is set only when it changes.
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.drawImage(video, 0, 0, width, height);
  try {
    return decodeQR(context.getImageData(0, 0, width, height));
  } catch {
    // The library throws where it finds none.
    return undefined;
  }
}
