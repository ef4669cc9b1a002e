;; Has no memory, and so nothing that it could print from.
(module (func (export "_start")))
