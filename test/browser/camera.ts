/** A camera that sees what a test puts before it: Chromium plays a film of one still picture in its place. */
import { writeFile } from 'node:fs/promises';
import type { BrowserContext, Locator } from 'playwright-core';
import type { Stage } from './stage.ts';

const [WIDTH, HEIGHT] = [640, 480];

/** Something to be seen: a byte of brightness for each point, line by line. */
type Picture = Uint8Array;

const NOTHING: Picture = new Uint8Array(WIDTH * HEIGHT).fill(128);

/** A browser with a camera, and what to put before it; it may be put there while the camera looks. */
export interface Seeing {
  readonly browser: BrowserContext;
  readonly show: (picture: Picture) => Promise<void>;
}

/** Opens a browser whose camera may be used without asking. */
export async function seeingBrowser(stage: Stage): Promise<Seeing> {
  const film = `${await stage.folder()}/camera.y4m`;
  const show = (picture: Picture) => writeFile(film, y4m(picture));
  await show(NOTHING);
  const browser = await stage.browser(undefined, {
    flags: [
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${film}`,
    ],
  });
  return { browser, show };
}

/** A film of a picture, without colour. */
function y4m(picture: Picture): Buffer {
  const colour = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), picture, colour]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F20:1 Ip A1:1 C420jpeg\n`), frame, frame]);
}

/** What a camera held before an image on a page sees. */
export async function pictureOf(image: Locator): Promise<Picture> {
  const bytes = await image.evaluate(
    async (element, [width, height]) => {
      await (element as HTMLImageElement).decode();
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width, height });
      const context = canvas.getContext('2d')!;
      context.fillStyle = 'gray';
      context.fillRect(0, 0, width, height);
      const size = height * 0.8;
      context.imageSmoothingEnabled = false;
      context.drawImage(element as HTMLImageElement, (width - size) / 2, (height - size) / 2, size, size);
      const { data } = context.getImageData(0, 0, width, height);
      return Array.from({ length: width * height }, (_, i) => data[4 * i]!);
    },
    [WIDTH, HEIGHT] as const,
  );
  return Uint8Array.from(bytes);
}
