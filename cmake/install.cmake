# SPDX-License-Identifier: Apache-2.0
# Not readable but by root: then the kernel makes its processes undumpable from exec on, and no other process of the
# same user reads the KEK from the pipe that it comes in.
install(TARGETS signer RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR}
  PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_EXECUTE WORLD_EXECUTE)
install(TARGETS signerctl signer-ceremony RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS libsigner libsigner_static
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS provider LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/ossl-modules)
install(TARGETS pkcs11 LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkcs11)
configure_file(client/pkcs11/signer.module.in ${CMAKE_BINARY_DIR}/signer.module @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/signer.module DESTINATION ${CMAKE_INSTALL_DATADIR}/p11-kit/modules)
install(FILES client/signer.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES proto/signer.proto DESTINATION ${CMAKE_INSTALL_DATADIR}/signer)
install(FILES proto/PROTOCOL.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
configure_file(client/signer.pc.in ${CMAKE_BINARY_DIR}/signer.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/signer.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
# Version and date of the manual pages are the build's (SOURCE_DATE_EPOCH where that is set).
string(TIMESTAMP MAN_DATE "%Y-%m-%d" UTC)
string(TIMESTAMP MDOC_DATE "%B %d, %Y" UTC)
foreach(section 1 3 7 8)
  file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/*.${section})
  foreach(page ${pages})
    get_filename_component(name ${page} NAME)
    configure_file(${page} ${CMAKE_BINARY_DIR}/man/${name} @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/man/${name} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
endforeach()
