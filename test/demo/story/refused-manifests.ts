import type { Stage } from '../stage.ts';

/** Three bad manifests, which the API server refuses. */
export async function refusedManifests(stage: Stage): Promise<void> {
  await stage.narrate('The API server checks every manifest by itself, also when the operator does not run.');
  const refusals = [
    ['no-acknowledgement.yaml', 'spec.acknowledge.dataUnrecoverable'],
    ['server-named-twice.yaml', 'Duplicate value'],
    ['impossible-region.yaml', 'Write a region id such as cn-north-4'],
  ] as const;
  for (const [file, words] of refusals) {
    const said = await stage.refusedKubectl('apply', '-f', `docs/examples/refused/${file}`);
    stage.check(`${file} is refused because of "${words}"`, said.includes(words));
  }
}
