/** The journey of the product: a link, two names, a conversation. */
import { expectConnection, expectMessage, expectState, meet, open, send } from './journey.ts';
import { test } from './test.ts';

test('two people meet by a link, talk, and still have it all after a reload', async ({ stage }) => {
  const server = await stage.server();
  const [ada, grace] = await meet(stage, server, 'Ada', 'Grace');
  await expectConnection(grace, 'Connected directly');
  await expectConnection(ada, 'Connected directly');

  await send(ada, 'Good morning, Grace.');
  await expectMessage(grace, 'Good morning, Grace.');
  await expectState(ada, 'Good morning, Grace.', 'Delivered');
  await send(grace, 'Good morning, Ada.');
  await expectMessage(ada, 'Good morning, Ada.');
  await expectState(grace, 'Good morning, Ada.', 'Delivered');

  await grace.goto(server.url);
  await grace.reload();
  await open(grace, 'Ada');
  await expectMessage(grace, 'Good morning, Grace.');
  await expectConnection(grace, 'Connected directly');
  await send(grace, 'I am back.');
  await expectMessage(ada, 'I am back.');
});

test('who closes the tab is shown as away, and is connected again once back', async ({ stage }) => {
  const server = await stage.server();
  const [ada, grace] = await meet(stage, server, 'Ada', 'Grace');
  await expectConnection(ada, 'Connected directly');

  const begin = performance.now();
  await grace.close({ runBeforeUnload: true });
  await expectConnection(ada, 'Away');
  console.log(`Shown as away after ${Math.round(performance.now() - begin)} ms.`);
  await send(ada, 'Read this when you are back.');
  await expectState(ada, 'Read this when you are back.', 'Waiting');

  const back = await stage.page(grace.context(), server.url);
  await expectConnection(ada, 'Connected directly');
  await expectState(ada, 'Read this when you are back.', 'Delivered');
  await open(back, 'Ada');
  await expectMessage(back, 'Read this when you are back.');
});

test('a browser that is killed says no goodbye, and is shown as away all the same', async ({ stage }) => {
  const server = await stage.server();
  const [ada, grace] = await meet(stage, server, 'Ada', 'Grace', () => stage.browser());
  await expectConnection(ada, 'Connected directly');
  const begin = performance.now();
  await stage.kill(grace.context());
  await expectConnection(ada, 'Away');
  console.log(`Shown as away after ${Math.round(performance.now() - begin)} ms.`);
});
