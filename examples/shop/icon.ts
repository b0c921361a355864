export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#97401f"/>
<path d="M20 13h2a4 4 0 0 1 0 8h-2" fill="none" stroke="#fff" stroke-width="2.4"/>
<path d="M8 10h13v12a4 4 0 0 1-4 4h-5a4 4 0 0 1-4-4z" fill="#fff"/>
</svg>`
