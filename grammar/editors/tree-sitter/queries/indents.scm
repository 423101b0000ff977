; What is indented?
[(body) (record) (kind_body) (children) (check_body) (test_body) (enumeration) (list) (branch) (record_type) (arguments) (parameters)] @indent.begin
["}" "]" ")"] @indent.branch @indent.end
