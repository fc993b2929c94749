// Makes dist/ before the tests of the built command line, so that they never see an old one.
export default async function setup(): Promise<void> {
  const { buildBundle } = (await import(new URL('../../scripts/build.mjs', import.meta.url).href)) as { buildBundle: () => Promise<number> };
  await buildBundle();
}
