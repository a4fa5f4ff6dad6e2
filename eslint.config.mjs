// The house style, as far as a machine can hold it. No rule warns: it holds, or it is not here.
import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const TESTS = ['**/*.spec.ts', '**/testing/**/*.ts', 'destinations/conformance/**/*.ts'];
const CONFIGS = ['*.config.ts', '*.config.mjs', '.dependency-cruiser.mjs'];
const ENTRIES = ['daemon/main.ts', 'daemon/cli.ts', 'daemon/cli/**/*.ts', 'daemon/worker.ts'];

const NO_DEFAULT_EXPORT = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: a thing is called the same everywhere.',
};

const STRUCTURE = [
  { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
  {
    selector: 'MethodDefinition[kind="constructor"] > FunctionExpression[params.length>5]',
    message: 'More than 5 dependencies: this class does several things.',
  },
  {
    selector: ':not(MethodDefinition[kind="constructor"]) > FunctionExpression[params.length>4]',
    message: 'More than 4 parameters: take an object.',
  },
  {
    selector: ':matches(FunctionDeclaration, ArrowFunctionExpression)[params.length>4]',
    message: 'More than 4 parameters: take an object.',
  },
];

const FORWARD_REF = {
  name: '@nestjs/common',
  importNames: ['forwardRef'],
  message: 'Two modules that need each other are one, or miss a third.',
};

const SPAWNERS = ['child_process', 'node:child_process', 'execa'].map((name) => ({
  name,
  message: 'Start programs through daemon/platform/processes.ts.',
}));

const ENVIRONMENT = {
  object: 'process',
  property: 'env',
  message: 'The environment is read by the entry points and handed in.',
};

export default defineConfig(
  globalIgnores([
    'dist/',
    'node_modules/',
    '.bench/',
    '.sandbox/',
    'coverage/',
    'panel-ui/assets/',
    'panel-ui/plugins/',
  ]),
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      // `import type` on an injected class breaks dependency injection at boot.
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      // It would have `as T` written as `!`, which is not allowed either.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      complexity: ['error', 15],
      curly: ['error', 'multi-line'],
      eqeqeq: 'error',
      'max-depth': ['error', 3],
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', { max: 60, skipComments: true }],
      'no-console': 'error',
      'no-else-return': 'error',
      'no-restricted-imports': ['error', { paths: [FORWARD_REF, ...SPAWNERS] }],
      'no-restricted-properties': ['error', ENVIRONMENT],
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT, ...STRUCTURE],
      'prefer-const': 'error',
    },
  },
  {
    files: ['daemon/platform/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [FORWARD_REF] }] },
  },
  {
    // Drivers of a store.
    files: ['destinations/**/*.destination.ts'],
    rules: { 'max-lines': ['error', 600] },
  },
  {
    files: ENTRIES,
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: [
      'daemon/cli.ts',
      'daemon/cli/**/*.ts',
      'daemon/testing/*.mjs',
      'bench/**/*.ts',
      'scripts/**/*.mjs',
    ],
    rules: { 'no-console': 'off' },
  },
  {
    // Tests and benches run programs to compare with, and describe() bodies are long.
    files: [...TESTS, 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/unbound-method': 'off',
      'max-lines': ['error', 600],
      'max-lines-per-function': 'off',
      'no-restricted-imports': ['error', { paths: [FORWARD_REF] }],
      'no-restricted-properties': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        performance: 'readonly',
        AbortController: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
      },
    },
    rules: { 'no-restricted-imports': 'off', 'no-restricted-properties': 'off' },
  },
  {
    files: [...CONFIGS, 'scripts/test-counts.mjs'],
    rules: { 'no-restricted-syntax': ['error', ...STRUCTURE] },
  },
  prettier,
  // After prettier's list, which turns this one off because some of its options clash with it.
  { rules: { curly: ['error', 'multi-line'] } },
);
