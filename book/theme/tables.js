'use strict';

// A table that is laid out as cards stays one for screen readers, in browsers that go by its look.
for (const table of document.querySelectorAll('table:has(.label)')) {
    const roles = { table: 'table', thead: 'rowgroup', tbody: 'rowgroup', tr: 'row', td: 'cell' };
    for (const part of [table, ...table.querySelectorAll('thead, tbody, tr, td')]) part.setAttribute('role', roles[part.localName]);
    for (const head of table.querySelectorAll('th')) head.setAttribute('role', head.closest('thead') ? 'columnheader' : 'rowheader');
}
