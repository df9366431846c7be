// What schema.graphql keeps to. It is printed by the program: what is found here is put right in src/graphql.

import graphql from '@graphql-eslint/eslint-plugin';
import { defineConfig } from 'eslint/config';

export default defineConfig({
  files: ['**/*.graphql'],
  plugins: { '@graphql-eslint': graphql },
  extends: [graphql.configs['flat/schema-recommended'], graphql.configs['flat/schema-relay']],
  languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: 'schema.graphql' } } },
  rules: {
    // Mutations take one `input` and return a payload.
    '@graphql-eslint/input-name': 'error',
    '@graphql-eslint/no-scalar-result-type-on-mutation': 'error',
    '@graphql-eslint/require-description': [
      'error',
      {
        types: true,
        rootField: true,
        FieldDefinition: true,
        InputValueDefinition: true,
        EnumValueDefinition: true,
        DirectiveDefinition: true,
        // GraphQL's own; the library prints them without.
        ignoredSelectors: ['DirectiveDefinition > InputValueDefinition'],
      },
    ],
    // Whoever depends on what is deprecated is told how long it stays. This in place of `require-deprecation-date`,
    // which wants an argument that GraphQL's `@deprecated` does not have.
    'no-restricted-syntax': [
      'error',
      {
        selector: 'Directive[name.value="deprecated"]:not(:has(StringValue[value=/\\b\\d{4}-\\d{2}-\\d{2}\\b/]))',
        message: 'The reason must name the last day, such as "Ask for `energy`. Stays until 2030-12-31."',
      },
    ],
    '@graphql-eslint/relay-edge-types': [
      'error',
      {
        withEdgeSuffix: true,
        // Readings and what a meter did have a time and a machine, and no id.
        shouldImplementNode: false,
        // What is few is a plain list, such as sites and the buckets of a series.
        listTypeCanWrapOnlyEdgeType: false,
      },
    ],
    '@graphql-eslint/strict-id-in-types': [
      'error',
      {
        exceptions: {
          suffixes: ['Connection', 'Edge', 'Payload'],
          // Facts and figures; what has an id is a Node.
          types: [
            'BudgetStanding',
            'CarrierStats',
            'Hours',
            'MeterEvent',
            'PageInfo',
            'Reading',
            'RefusedReadingCount',
            'RejectedReading',
            'SiteDemand',
            'SiteDemandPeriod',
            'StatsBucket',
            'SystemStats',
            'UsualPower',
          ],
        },
      },
    ],
  },
});
