;; cabi_realloc in every way that it can go wrong: run(mode) asks the host for a
;; string, and gives the string's length and how much memory there is.
(module
  (import "wippy:process/process@0.1.0" "self" (func $self (param i32)))
  (memory (export "memory") 1)
  (global $mode (mut i32) (i32.const 0))
  (func $deep (param i32) (result i32)
    (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func $realloc (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    block $deeper
      block $endless
        block $grows
          block $traps
            block $outside
              block $calls
                (br_table $calls $outside $traps $grows $endless $deeper (global.get $mode))
              end
              (call $self (i32.const 8)) ;; which calls $realloc
              (return (i32.const 64))
            end
            (return (i32.const 0xfffffff0))
          end
          unreachable
        end
        (drop (memory.grow (i32.const 1)))
        (return (i32.const 0x10000))
      end
      loop $again
        (br $again)
      end
      unreachable
    end
    (call $deep (i32.const 0)))
  (func (export "run") (param $mode i32) (result i32 i32)
    (global.set $mode (local.get $mode))
    (call $self (i32.const 8))
    (i32.load (i32.const 12))
    (memory.size)))
