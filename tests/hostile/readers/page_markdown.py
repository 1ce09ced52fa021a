"""Writes markdown in which scripts hide in every way that is known; none must run."""

from __future__ import annotations

from nbformat import NotebookNode, writes
from nbformat.v4 import new_markdown_cell

ATTACKS = [
    "<script>hit()</script>",
    "<scr<script>ipt>hit()</scr</script>ipt>",
    "<img src=x onerror=hit()>",
    "<img src=x:x onerror&#61;hit()>",
    "<svg/onload=hit()>",
    "<svg><script>hit()</script></svg>",
    "<svg><a xlink:href=javascript:hit()><text y=20>x</text></a></svg>",
    "<math href=javascript:hit()>x</math>",
    "<body onload=hit()>",
    "<input autofocus onfocus=hit()>",
    "<details open ontoggle=hit()>x</details>",
    "<video><source onerror=hit()></video>",
    "<iframe src=javascript:hit()></iframe>",
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    "<object data=javascript:hit()></object>",
    "<embed src=javascript:hit()>",
    "<form action=javascript:hit()><button>x</button></form>",
    "<template><script>hit()</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=hit()>'>",
    "<textarea></textarea><img src=x onerror=hit()>",
    "<style>@import 'javascript:hit()'; </style>",
    "<p style=\"background: url('javascript:hit()')\">x</p>",
    "<!--><img src=x onerror=hit()>-->",
    "<![CDATA[<img src=x onerror=hit()>]]>",
    "<?xml version='1.0'?><script>hit()</script>",
    "```\n</code></pre><script>hit()</script>\n```",
    "```html\n<script>hit()</script>\n```",
    "~~~<script>hit()</script>\nx\n~~~",
    "# <script>hit()</script>",
    "| <script>hit()</script> |\n|---|\n| <img src=x onerror=hit()> |",
    "$\\text{<img src=x onerror=hit()>}$",
    "$$</script><script>hit()</script>$$",
]


def notebook(answered: NotebookNode) -> bytes:
    answered.cells[2:2] = [new_markdown_cell(attack) for attack in ATTACKS]
    return writes(answered).encode()
