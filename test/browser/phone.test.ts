/** On a phone the list is out of sight while a conversation is open; what matters is told there, too. */
import { createInvite, expectAlert, expectConversation, meet, newcomer, open, send } from './journey.ts';
import { test } from './test.ts';

test('an open conversation tells of notices and of what is new in the others', async ({ stage }) => {
  const server = await stage.server();
  const [ann] = await meet(stage, server);
  await ann.setViewportSize({ width: 390, height: 800 });
  const back = ann.getByRole('button', { name: 'Back', exact: true });
  await back.click();
  const link = await createInvite(ann);
  await ann.keyboard.press('Escape');
  await open(ann, 'Bob');

  const [cara, eve] = [await newcomer(stage, link), await newcomer(stage, link)];
  for (const page of [cara, eve]) await page.getByRole('heading', { name: 'Join Ann', exact: true }).waitFor();
  await cara.getByRole('textbox', { name: 'Your name', exact: true }).fill('Cara');
  await cara.getByRole('button', { name: 'Join', exact: true }).click();
  await expectConversation(cara, 'Ann');
  await ann.getByText('1 new in other conversations').waitFor();
  await send(cara, 'One.');
  await send(cara, 'Two.');
  await ann.getByText('2 new in other conversations').waitFor();

  await eve.getByRole('textbox', { name: 'Your name', exact: true }).fill('Eve');
  await eve.getByRole('button', { name: 'Join', exact: true }).click();
  await expectAlert(ann, /had been used already/);
  await ann.getByRole('button', { name: 'Dismiss', exact: true }).click();
  await ann.getByRole('alert').waitFor({ state: 'detached' });

  await back.click();
  await open(ann, 'Cara');
  await ann.getByText(/new in other conversations/).waitFor({ state: 'detached' });
});
