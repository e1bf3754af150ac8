/** How far the models go beyond what every run of the tests explores: `npm run test:long` sets it. */
export const deeper = Number(process.env['SOTTO_MODEL_DEPTH'] ?? 0);
