// Types from the schema. Why documents as strings: the page sends them as they are and never takes them apart, so nothing
// of GraphQL's own library comes into the page.

import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: '../schema.graphql',
  documents: 'src/**/*.graphql',
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        enumsAsTypes: true,
        useTypeImports: true,
        skipTypename: true,
        strictScalars: true,
        scalars: { ID: 'string', DateTime: 'string', Long: 'number', Interval: 'string' },
      },
    },
  },
};

export default config;
