// Where the page begins. Why only an import: every element registers itself, and the first of them brings the rest.

import './components/wattline-page';
