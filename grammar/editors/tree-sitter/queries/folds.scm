; What may be folded?
[(body) (record) (kind_body) (children) (check_body) (test_body) (enumeration) (list) (branch) (record_type)] @fold
