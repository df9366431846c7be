// What Vite makes of imports that are no scripts: workers, styles.

/// <reference types="vite/client" />
