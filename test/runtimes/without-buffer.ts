Reflect.deleteProperty(globalThis, 'Buffer')
