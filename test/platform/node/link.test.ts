/** The Link port's contract, for WebRTC in Node. */
import { describe, it } from 'vitest';
import { openNodeLink } from '../../../app/platform/node/node-link.ts';
import { descriptionContract } from '../../contracts/descriptions.ts';
import { linkContract } from '../../contracts/link.ts';

describe('a link in Node', () => {
  for (const { promise, holds } of [...linkContract, ...descriptionContract]) it(promise, () => holds(openNodeLink));
});
