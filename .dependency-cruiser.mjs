// The direction of imports (README, "Design"): a folder imports only from those before it.

const SPEC = '\\.spec\\.ts$';
const TESTING = '^daemon/testing/';
const TEST_CODE = [SPEC, TESTING, '^destinations/conformance/.*suite\\.ts$', '^bench/'];

/** Folders side by side in one tier may use each other, but never in a circle. */
const TIERS = [
  ['^daemon/platform/'],
  ['^destinations/'],
  ['^daemon/engine/'],
  ['^daemon/catalogue/'],
  ['^daemon/accounts/', '^daemon/auth/'],
  ['^daemon/jobs/'],
  ['^daemon/runs/'],
  ['^daemon/snapshots/', '^daemon/history/', '^daemon/restores/', '^daemon/notices/'],
  ['^daemon/api/', '^panel-ui/'],
];

/** The entries and the composition root: nothing imports them. */
const TOP = ['^daemon/[^/]+\\.ts$', '^daemon/cli/', '^bench/'];

const layers = TIERS.map((tier, index) => ({
  name: `layers-${tier[0].split('/').at(-2)}`,
  comment: 'platform <- destinations, engine <- catalogue <- accounts, auth <- jobs <- runs <- …',
  severity: 'error',
  from: { path: tier, pathNot: [SPEC] },
  to: { path: [...TIERS.slice(index + 1).flat(), ...TOP] },
}));

export default {
  forbidden: [
    ...layers,
    {
      name: 'no-circular',
      severity: 'error',
      from: { pathNot: TEST_CODE },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing imports it and it imports nothing: it is not used.',
      severity: 'error',
      // Scripts of pages and plugins are read as files.
      from: { orphan: true, pathNot: [SPEC, '\\.d\\.ts$', '^panel-ui/(assets|plugins)/'] },
      to: {},
    },
    {
      name: 'no-framework-in-engine-and-destinations',
      severity: 'error',
      from: { path: ['^daemon/engine/', '^destinations/'], pathNot: TEST_CODE },
      to: { path: 'node_modules/(@nestjs|typeorm|better-sqlite3|express|ejs)/' },
    },
    {
      name: 'ssh2-only-in-its-destination',
      severity: 'error',
      from: { pathNot: '^destinations/ssh/' },
      to: { path: 'node_modules/ssh2/' },
    },
    {
      name: 'aws-sdk-only-in-its-destination',
      severity: 'error',
      from: { pathNot: '^destinations/s3/' },
      to: { path: 'node_modules/@aws-sdk/' },
    },
    {
      name: 'only-platform-spawns',
      severity: 'error',
      from: {
        path: '^(daemon|destinations|panel-ui)/',
        pathNot: ['^daemon/platform/', ...TEST_CODE],
      },
      to: { path: ['^(node:)?child_process$', 'node_modules/execa/'] },
    },
    {
      name: 'only-one-file-loads-libc',
      severity: 'error',
      from: { pathNot: '^daemon/platform/libc\\.ts$' },
      to: { path: 'node_modules/koffi/' },
    },
    {
      name: 'only-platform-calls-libc',
      severity: 'error',
      from: { pathNot: '^daemon/platform/' },
      to: { path: '^daemon/platform/libc\\.ts$' },
    },
    {
      name: 'not-to-tests',
      severity: 'error',
      from: { pathNot: TEST_CODE },
      to: { path: [SPEC, TESTING] },
    },
    {
      name: 'not-to-dev-dependencies',
      severity: 'error',
      from: { path: '^(daemon|destinations|panel-ui)/', pathNot: TEST_CODE },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
