import { expect } from 'vitest';
import { systemClock } from '../../operator/clock.ts';
import { seeded } from '../huaweicloud/seed.ts';
import { eventually, readyOf, stays } from '../integration/operator/expectations.ts';
import { aRequest, aSecret, type Manifest } from '../integration/operator/manifests.ts';
import type { Scenario as Stage } from '../integration/operator/scenario.ts';
import { runCloudCommand } from './cloud-commands.ts';
import { type Facts, factsOf } from './facts.ts';
import type { Moment, Scenario, Step } from './format.ts';
import { differenceOf } from './moment.ts';
import { filledIn } from './placeholders.ts';
import { longEnoughToOrder, openStage } from './stage.ts';

/** Runs a scenario against the real control plane, the simulated cloud and the real operator. */
export async function runScenario(file: string, scenario: Scenario, kubeconfig: string): Promise<void> {
  try {
    await runSteps(file, scenario, kubeconfig);
  } catch (error) {
    if (!(error instanceof SuppressedError)) throw error;
    // Its own message is empty: what failed first and what failed at the end would both go unread.
    const words = `${wordsOf(error.suppressed)}\nWhen it was closed: ${wordsOf(error.error)}`;
    throw new Error(words, { cause: error });
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function runSteps(file: string, scenario: Scenario, kubeconfig: string): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const stage = await openStage(scenario, kubeconfig, parts);
  const run: Run = { stage, facts: factsOf(stage, systemClock.now()), ordered: 0 };
  for (const [index, step] of scenario.steps.entries()) {
    try {
      await take(run, step);
    } catch (error) {
      const place = `${file}: step ${index + 1} (${Object.keys(step).join()})`;
      throw new Error(`${place}: ${wordsOf(error)}`, { cause: error });
    }
  }
  await eventually(() => expect(run.facts.orders(), `${file}: orders`).toEqual(scenario.orders));
  await stays(
    () => expect(run.facts.orders(), `${file}: orders after the end`).toEqual(scenario.orders),
    longEnoughToOrder,
  );
}

interface Run {
  readonly stage: Stage;
  readonly facts: Facts;
  /** How many orders there were at the last moment that was looked at. */
  ordered: number;
}

async function take(run: Run, step: Step): Promise<void> {
  const { stage, facts } = run;
  if (step.expect !== undefined) return look(run, step.expect);
  const filled = filledIn(step, facts.values(undefined)) as Step;
  const manifest = manifestOf(stage, filled);
  if (manifest === undefined) await act(stage, filled);
  else await stage.applyDirectly(manifest);
  facts.note();
}

function manifestOf(stage: Stage, { apply, request, secret }: Step): Manifest | undefined {
  if (apply !== undefined) return serverManifest(stage, apply);
  if (request !== undefined) return requestManifest(request);
  return secret === undefined ? undefined : secretManifest(secret);
}

/** What people and the cloud do, besides applying manifests. */
async function act(stage: Stage, step: Step): Promise<void> {
  if (step.approve !== undefined) await stage.approve(step.approve);
  if (step.change !== undefined) await change(stage, step.change);
  if (step.delete !== undefined) await stage.delete(...nameOf(step.delete));
  if (step.halt !== undefined) await stage.applyDirectly(haltBecauseOf(step.halt));
  if (step.resume !== undefined) await stage.delete('configmap', halt);
  if (step.cloud !== undefined) await runCloudCommand(stage.control, step.cloud);
  if (step.restart !== undefined) {
    await stage.operators.stop();
    await stage.operators.start(step.restart.flags);
  }
  if (step.expectServer !== undefined)
    await stage.expectServer(step.expectServer.server).toShow(step.expectServer.shows);
  if (step.expectGone !== undefined) await expectGone(stage, step.expectGone);
}

/** Waits for a moment; when it does not come, what was told last in the same state says most. On the way to one that has no call, nothing may be ordered. */
async function look(run: Run, expected: Moment): Promise<void> {
  const { stage, facts } = run;
  let difference = () => `there is no request ${expected.request}`;
  let nearest: typeof difference | undefined;
  const looksSo = () => {
    const request = stage.objects.request(expected.request);
    if (request === undefined) return false;
    const found = differenceOf(request, filledIn(expected, facts.values(request)) as Moment);
    difference = found ?? difference;
    if (readyOf(request)?.reason === expected.state) nearest = found;
    return found === undefined;
  };
  const waited = eventually(() => looksSo() || expect.fail('it never stood like that'), expected.within);
  await waited.catch((error: unknown) => {
    const log = ['The last words of the operator:', ...stage.operators.log.slice(-4)];
    throw new Error([(nearest ?? difference)(), ...log].join('\n'), { cause: error });
  });
  const orders = facts.orders();
  const mayOrder = expected.state === 'Complete' || expected.calls !== undefined;
  if (!mayOrder) expect(orders, 'orders that nobody expected').toHaveLength(run.ordered);
  run.ordered = orders.length;
  facts.note();
}

const halt = 'dcc-operator-halt';
const haltBecauseOf = (reason: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: halt },
  data: { reason },
});
type Named = { server?: string | undefined; request?: string | undefined };
const nameOf = ({ server, request }: Named): ['dccs' | 'unsub', string] =>
  server === undefined ? ['unsub', request ?? ''] : ['dccs', server];

function serverManifest(
  stage: Stage,
  { server, of = server, spec, labels, annotations }: NonNullable<Step['apply']>,
): Manifest {
  const made = stage.server(of, spec);
  return { ...made, metadata: metadataOf(server, { labels, annotations }) };
}

function requestManifest({ name, servers, spec, labels, annotations }: NonNullable<Step['request']>): Manifest {
  return { ...aRequest(name, servers, spec), metadata: metadataOf(name, { labels, annotations }) };
}

type Texts = Record<string, string> | undefined;
const metadataOf = (
  name: string,
  { labels, annotations }: { labels: Texts; annotations: Texts },
): Manifest['metadata'] => ({
  name,
  ...(labels === undefined ? {} : { labels }),
  ...(annotations === undefined ? {} : { annotations }),
});

const secretManifest = ({ name, accessKey, secretKey }: NonNullable<Step['secret']>): Manifest =>
  aSecret(name, {
    HUAWEICLOUD_SDK_AK: accessKey ?? seeded.accessKey,
    HUAWEICLOUD_SDK_SK: secretKey ?? seeded.secretKey,
  });

async function change(
  stage: Stage,
  { spec, status, labels, annotations, ...named }: NonNullable<Step['change']>,
): Promise<void> {
  const [kind, name] = nameOf(named);
  if (status !== undefined) await stage.patch(kind, name, { status }, 'status');
  await stage.patch(kind, name, {
    ...(spec === undefined ? {} : { spec }),
    metadata: { ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) },
  });
}

async function expectGone(stage: Stage, named: NonNullable<Step['expectGone']>): Promise<void> {
  if (named.server !== undefined) await stage.expectServer(named.server).toBeGone();
  if (named.request !== undefined) await stage.expectRequest(named.request).toBeGone();
}
