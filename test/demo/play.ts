import { dirname } from 'node:path';
import { type Milliseconds, milliseconds, minutes, seconds, systemClock } from '../../operator/clock.ts';
import { namespace } from './cluster.ts';
import { formatSeconds } from './entries.ts';
import { explainFailure } from './failure.ts';
import type { DemoOptions } from './options.ts';
import { prove } from './proof.ts';
import { openScreen, type Screen } from './screen.ts';
import { openSetting, type Setting } from './setting.ts';
import { type Stage, setStage } from './stage.ts';
import { story } from './story.ts';

const welcome = [
  'dcc-operator gives rented physical servers of Huawei Cloud back, from Kubernetes. That cannot be undone and moves real money, so nothing is ordered before it is safe and a person has approved it.',
  'What you see is real: the Kubernetes API server, kubectl, and the operator. Only the cloud is simulated, with its wire format and its rules: five servers and four virtual machines that cost nothing.',
];

/** Plays the demo and gives its exit code. What it started has ended when this returns or throws. */
export async function playDemo(options: DemoOptions, interrupted: AbortSignal): Promise<number> {
  const start = systemClock.elapsed();
  const elapsed = () => milliseconds(systemClock.elapsed() - start);
  let corner = () => '';
  using screen = openScreen({ output: process.stdout, environment: process.env, elapsed, corner: () => corner() });
  const narrate = (text: string) => screen.tell({ kind: 'Narration', text });
  const tell = (subject: string, text: string) => screen.tell({ kind: 'Event', at: elapsed(), subject, text });

  for (const text of welcome) narrate(text);
  if (options.chaos !== undefined) narrate(chaosWords(options.chaos));
  await using setting = await openSetting({ demo: options, clock: systemClock, tell, signal: interrupted });
  corner = () => cornerWords(setting);
  narrate('To look on from another terminal:');
  screen.tell({ kind: 'Output', text: directions(setting) });

  const performance: Performance = { options, setting, screen, elapsed, interrupted };
  const code = await perform(performance);
  if (options.keep) await keepRunning(performance);
  return code;
}

interface Performance {
  readonly options: DemoOptions;
  readonly setting: Setting;
  readonly screen: Screen;
  readonly elapsed: () => Milliseconds;
  readonly interrupted: AbortSignal;
}

async function perform(performance: Performance): Promise<number> {
  const { setting, screen, interrupted } = performance;
  try {
    await tellStory(performance, stageFor(performance));
    return 0;
  } catch (error) {
    if (interrupted.aborted) throw error;
    screen.rest();
    console.error(explainFailure(error, { view: setting.watch.view(), operatorLog: setting.operator.logTail() }));
    return 1;
  }
}

function stageFor({ options, setting, screen, elapsed, interrupted }: Performance): Stage {
  return setStage({
    kubeconfig: setting.cluster.kubeconfig,
    cloudUrl: setting.cloud.url,
    watch: setting.watch,
    screen,
    clock: systemClock,
    elapsed,
    patience: options.chaos === undefined ? seconds(30) : minutes(3),
    signal: AbortSignal.any([interrupted, setting.broken]),
  });
}

async function tellStory({ options, setting, screen, elapsed }: Performance, stage: Stage): Promise<void> {
  for (const { title, play } of story) {
    screen.tell({ kind: 'Heading', text: title });
    await play(stage);
  }
  if (options.chaos !== undefined) {
    setting.operator.calm();
    await stage.narrate('The operator is left in peace now. If it still had something to order again, it would.');
    for (let look = 0; look < 3; look += 1) await stage.untilOperatorLooked();
  }
  screen.rest();
  screen.tell({ kind: 'Heading', text: 'The proof' });
  const refunds = await prove(stage, setting.cloud.world);
  const killed =
    options.chaos === undefined ? '' : ` The operator was killed ${setting.operator.kills} times meanwhile.`;
  await stage.narrate(
    `Three servers were given back with exactly one order each, ${refunds} came back, and no virtual machine was lost.${killed} It took ${formatSeconds(elapsed())}.`,
  );
}

const chaosWords = (seed: number) =>
  `All the while the operator is killed (kill -9) at random moments and started again, by the seed ${seed}: it must still order once for each server.`;

function cornerWords({ operator: { kills } }: Setting): string {
  return kills === 0 ? '' : `operator killed ${kills} times`;
}

/** What one has to type to look around with the very programs of the demo: the pinned Node and kubectl need not be in PATH. */
const directions = ({ cluster, cloud }: Setting): string =>
  [
    `export PATH="${dirname(process.execPath)}:${dirname(cluster.kubectl)}:$PATH"`,
    `export KUBECONFIG=${cluster.kubeconfig} HUAWEICLOUD_SIMULATOR_URL=${cloud.url}`,
    `kubectl -n ${namespace} get dccservers,unsubscriptionrequests`,
    'node test/huaweicloud/cli.ts --help',
  ].join('\n');

async function keepRunning({ setting, screen, interrupted }: Performance): Promise<void> {
  screen.tell({
    kind: 'Narration',
    text: 'Everything is left running until Ctrl-C. To look around from another terminal:',
  });
  screen.tell({ kind: 'Output', text: directions(setting) });
  const end = AbortSignal.any([interrupted, setting.broken]);
  if (!end.aborted) await new Promise((resolve) => end.addEventListener('abort', resolve, { once: true }));
}
