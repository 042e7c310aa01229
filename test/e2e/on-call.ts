import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { nodeName } from '../cluster/node/configuration.ts';
import { eventually } from '../integration/operator/expectations.ts';
import { type Command, commandsOf, runbooks } from '../runbooks/commands.ts';
import { type Shell, shellOf } from '../runbooks/shell.ts';
import { system } from './installation.ts';
import { leader } from './pods.ts';
import { type Forwarding, forward } from './port-forward.ts';

/** What a command shows; nothing, where what it looks for has not come about. */
type Shown = RegExp | 'Nothing';

/** The commands that are about pods, each by its runbook and words of it. */
const looks: readonly (readonly [runbook: string, words: string, shown: Shown])[] = [
  ['DCCCloudThrottled', 'rate_limit', /^huaweicloud_rate_limit_\w+\{/m],
  ['DCCCloudThrottled', '.*429', 'Nothing'],
  ['DCCCloudUnreachable', '"state": "Open"', 'Nothing'],
  ['DCCCredentialsNearExpiry', 'no new key', 'Nothing'],
  ['DCCCredentialsNearExpiry', '"credentials"', /"credentials": \{/],
  ['DCCOperatorClockOff', 'get pods', new RegExp(` ${nodeName} `)],
  ['DCCOperatorClockOff', 'clockDrift', /"clockDriftSeconds": -?(0[.,]|\S+e-)/],
  ['DCCOperatorClockOff', '^date', /^Date: \w{3}, \d\d \w{3} \d{4} /],
  ['DCCOperatorNamespaceRefused', 'readyz', /^readyz check passed$/m],
  ['DCCOperatorNoLeader', 'get pods,lease', /^pod\/\S+ +1\/1 +Running +1 [\s\S]*^lease\.\S+\/dcc-operator +\S+_/m],
  ['DCCOperatorNoLeader', '--tail=50', /^\{"level":"\w+","time":/m],
  ['DCCOperatorNoLeader', 'readyz', /^readyz check passed$/m],
  ['DCCOperatorNoLeader', 'describe pod', /^ +Last State: +Terminated\n +Reason: +\w+\n +Exit Code: +137$/m],
  ['DCCOperatorNoLeader', '--previous', /^\{"level":"\w+","time":/m],
  ['DCCOperatorPassesFail', '"level":"error"', 'Nothing'],
  ['DCCOperatorQueueSlow', 'debug', /"working": \[/],
  [
    'DCCOperatorQueueSlow',
    'process_cpu',
    /^process_cpu_seconds_total [\d.]+\nnodejs_eventloop_lag_p99_seconds [\d.]+$/m,
  ],
  ['DCCOperatorWatchStale', 'readyz', /^\[\+\]caches-active ok$/m],
  ['DCCOperatorWatchStale', 'debug', /"reflector": \{/],
  ['DCCOperatorWatchStale', 'can-i', /^yes$/m],
  // What the killed one sent, the next one followed: the first is in no log of a container that runs.
  ['DCCUnsubscriptionOutcomeUnknown', '--tail=-1', /"audit":"Confirmed"/],
  ['DCCUnsubscriptionOutcomeUnknown', '--previous', /"audit":"Sending"/],
];

/** But that kubectl says which container it shows, where there was another one before it (the preflight check). */
const nothing = /^(Defaulted container "operator" out of: [^\n]*\n)*$/;

/**
 * What starts the pods anew test/e2e/profiles/keyless.ts follows, where the cloud refuses the key; what gives the operator rights from outside
 * on-call-states.test.ts of the integration tests, where a namespace may not be read.
 */
const elsewhere = [
  'kubectl -n OPERATOR rollout restart deploy/dcc-operator',
  'kubectl create clusterrolebinding dcc-operator-leaving --clusterrole=dcc-operator-leaving --serviceaccount=OPERATOR:dcc-operator',
];

/** What a person on call does with real pods, as the runbooks have it, after the leader was killed over the order of `request`. */
export function describeOnCall(request: string, killed: () => string): void {
  describe('a person on call', () => {
    const commands = runbooks.flatMap(commandsOf).filter(({ text }) => /\bOPERATOR\b|localhost:8080/.test(text));
    const forwards = commands.filter(({ text }) => text.includes('port-forward'));
    let leading = '';
    const filledIn = (text: string) => {
      const words = { OPERATOR: system, POD: text.includes('--previous') ? killed() : leading, REQUEST: request };
      return Object.entries(words).reduce((filled, [word, own]) => filled.replaceAll(word, own), text);
    };
    let run: Shell;
    let forwarding: Forwarding;

    beforeAll(async () => {
      // The other one reads nothing of the cloud.
      leading = await leader();
      // Where nobody else listens on the port of the documents.
      const entering = ['nsenter', `--target=${inject('cluster').pid}`, '--net', '--'];
      run = await shellOf(inject('cluster').kubeconfig, entering);
      const [text, ...others] = new Set(forwards.map((each) => each.text));
      expect(others).toEqual([]);
      forwarding = await forward(entering, filledIn(text ?? ''));
    });
    afterAll(() => forwarding?.[Symbol.asyncDispose]());

    test.each(looks)('of %s follows "%s", and sees %s', async (runbook, words, shown) => {
      const { text } = theOne(commands, runbook, words);
      await eventually(async () => {
        if (shown === 'Nothing') expect(await run(`! { ${filledIn(text)}; }`)).toMatch(nothing);
        else expect(await run(filledIn(text))).toMatch(shown);
      });
    });

    test('has followed every command of the runbooks that is about pods', () => {
      const followed = new Set(looks.map(([runbook, words]) => theOne(commands, runbook, words)));
      const rest = commands.filter((each) => !followed.has(each) && !forwards.includes(each));
      expect(rest.map(({ text }) => text)).toEqual(elsewhere);
    });
  });
}

function theOne(commands: readonly Command[], runbook: string, words: string): Command {
  const [found, ...more] = commands.filter((each) => each.runbook === runbook && each.text.includes(words));
  if (found === undefined || more.length > 0) throw new Error(`not one command of ${runbook} about pods has ${words}`);
  return found;
}
