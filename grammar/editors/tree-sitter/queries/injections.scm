; Which texts are of another language?
((tagged_string tag: (identifier) @_tag) @injection.content (#eq? @_tag "sh") (#set! injection.language "bash"))
((comment) @injection.content (#set! injection.language "comment"))
